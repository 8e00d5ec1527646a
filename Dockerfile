# CPU image. Stages: install (with the toolchain), then a slim runtime without it.
FROM node:24-bookworm-slim AS install
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
# The image brings Node itself: the development-only copy from the registry is left out.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin \
            node_modules/onnxruntime-node/bin/napi-v*/win32

FROM node:24-bookworm-slim AS cpu
LABEL org.opencontainers.image.title="Linnet" \
      org.opencontainers.image.description="Iterative linearised training as a service" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
ENV NODE_ENV=production LINNET_HOST=0.0.0.0 LINNET_PORT=8080 LINNET_DATA_DIR=/data
RUN install -d -o node -g node /data
COPY --from=install /app/node_modules ./node_modules
COPY package.json ./
COPY schemas ./schemas
COPY src ./src
COPY openapi ./openapi
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.LINNET_PORT+'/livez').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "src/server.ts"]
