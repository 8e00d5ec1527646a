# Targets: `cpu` (the last, and so the usual one), `gpu`, and `gpu-tfjs` for the second engine.
# Nothing is installed by a package's own script unless a step here says so.
ARG NODE=node:24-bookworm-slim
ARG CUDA=nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04

FROM ${NODE} AS install
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
# The image brings Node itself: the development-only copy from the registry is left out.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin \
            node_modules/onnxruntime-node/bin/napi-v*/win32

# ONNX Runtime's CUDA provider comes from NuGet, by the package's script and by this step alone.
FROM install AS install-cuda
# It reads the environment, which says "skip" above, before its flags.
RUN ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js \
  && test -f node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so \
  && rm -f node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_tensorrt.so

# TensorFlow for the second engine: its own library, downloaded by its own script. The stock one is
# of CUDA 11; TFJS_NODE_BASE_URI names a mirror of another (docs/operations.md).
FROM install-cuda AS install-tfjs
ARG TFJS_NODE_BASE_URI=
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ \
  && npm install --no-save --no-audit --no-fund @tensorflow/tfjs-node-gpu@4.22.0 \
  && rm -rf /var/lib/apt/lists/*

FROM ${CUDA} AS gpu-base
COPY --from=install /usr/local/bin/node /usr/local/bin/node
# The base has a user with this number already.
RUN userdel --remove ubuntu 2>/dev/null; groupadd --gid 1000 node \
  && useradd --uid 1000 --gid node --no-create-home node
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility

FROM gpu-base AS gpu
LABEL org.opencontainers.image.title="Linnet (GPU)" \
      org.opencontainers.image.description="Iterative linearised training as a service" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
ENV NODE_ENV=production LINNET_HOST=0.0.0.0 LINNET_PORT=8080 LINNET_DATA_DIR=/data
RUN install -d -o node -g node /data
COPY --from=install-cuda /app/node_modules ./node_modules
COPY package.json ./
COPY schemas ./schemas
COPY src ./src
COPY openapi ./openapi
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.LINNET_PORT+'/livez').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "src/server.ts"]

FROM gpu AS gpu-tfjs
COPY --from=install-tfjs /app/node_modules ./node_modules

FROM ${NODE} AS cpu
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
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.LINNET_PORT+'/livez').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "src/server.ts"]
