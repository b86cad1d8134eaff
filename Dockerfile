# syntax=docker/dockerfile:1
# The server: docker build -t lockstep . — docs/server.md says how to run it.

FROM node:24.11-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.mjs

FROM node:24.11-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are a Node for older machines and test servers.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM node:24.11-slim
LABEL org.opencontainers.image.title="Lockstep" \
      org.opencontainers.image.licenses="Apache-2.0"
# Workflows below /app may import from 'lockstep': this package is the nearest one.
WORKDIR /app
ENV NODE_ENV=production \
    LOCKSTEP_HOST=0.0.0.0 \
    LOCKSTEP_PORT=8787 \
    LOCKSTEP_HOME=/data \
    LOCKSTEP_WORKFLOWS=/app/workflows
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
COPY scripts/node.mjs ./scripts/node.mjs
RUN mkdir -p /data /app/workflows && chown node:node /data
USER node
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LOCKSTEP_PORT}/readyz`).then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/lockstep.mjs"]
CMD ["serve"]
