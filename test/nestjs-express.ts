import { createServer, type Server } from 'node:http'
import { BadRequestException } from '@nestjs/common'
import { AbstractHttpAdapter } from '@nestjs/core'
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'

/** NestJS on Express, as far as the page about it goes: in the place of @nestjs/platform-express, which is not installed. */
export class ExpressAdapter extends AbstractHttpAdapter<Server, Request, Response> {
  constructor() {
    super(express())
  }
  close() {
    return new Promise((resolve) => this.httpServer.close(resolve))
  }
  initHttpServer() {
    this.httpServer = createServer(this.getInstance<express.Express>())
  }
  registerParserMiddleware() {
    this.use(express.json(), express.urlencoded({ extended: true }))
  }
  enableCors({ origin }: { readonly origin: string }) {
    const answer: RequestHandler = (req, res, next) => {
      res.set('access-control-allow-origin', origin)
      if (req.method === 'OPTIONS') res.status(204).end()
      else next()
    }
    this.use(answer)
  }
  /** What it makes of the errors of a parser. */
  override mapException(error: unknown): unknown {
    const isOfParser = error instanceof Error && ['SyntaxError', 'URIError'].includes(error.name)
    return isOfParser ? new BadRequestException(error.message) : error
  }
  setErrorHandler(handler: ErrorRequestHandler) {
    this.use(handler)
  }
  setNotFoundHandler(handler: RequestHandler) {
    this.use(handler)
  }
  reply(response: Response, body: unknown, status?: number) {
    if (status !== undefined) response.status(status)
    response.send(body)
  }
  status(response: Response, status: number) {
    response.status(status)
  }
  end(response: Response) {
    response.end()
  }
  redirect(response: Response, status: number, url: string) {
    response.redirect(status, url)
  }
  getRequestHostname(request: Request) {
    return request.hostname
  }
  getRequestMethod(request: Request) {
    return request.method
  }
  getRequestUrl(request: Request) {
    return request.originalUrl
  }
  isHeadersSent(response: Response) {
    return response.headersSent
  }
  getHeader(response: Response, name: string) {
    return response.getHeader(name)
  }
  setHeader(response: Response, name: string, value: string) {
    response.setHeader(name, value)
  }
  appendHeader(response: Response, name: string, value: string) {
    response.append(name, value)
  }
  createMiddlewareFactory(): never {
    throw new Error('not here')
  }
  applyVersionFilter(handler: RequestHandler) {
    return () => handler
  }
  getType() {
    return 'express'
  }
  render() {
    throw new Error('not here')
  }
  useStaticAssets() {
    throw new Error('not here')
  }
  setViewEngine() {
    throw new Error('not here')
  }
}
