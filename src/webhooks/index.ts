export { createWebhooks, type WebhookEndpoint, type WebhookOptions } from './create-webhooks.js'
export {
  signWebhook,
  verifyWebhook,
  type ReceivedWebhook,
  type WebhookHeaders,
  type WebhookMessage,
} from './sign.js'
