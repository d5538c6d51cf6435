# The service in a container: no root, nothing written but the data volume.
# Node 22 is the oldest release that is still maintained; 20.20 and 24 are tested as well.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim
# Setup mode of Probot is off in production.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json app.yml ./
COPY rules ./rules
COPY schemas ./schemas
COPY third_party ./third_party
COPY engine/engine.wasm.br engine/engine.sha256 engine/LICENSES.txt ./engine/
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
# The root file system can be read-only: docker run --read-only --tmpfs /tmp
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.PORT+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "dist/server.js"]
