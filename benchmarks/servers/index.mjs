// Who serves: one entry a contender, used by every scenario in which it can take part.

const node = (name, title, more = {}) => ({ name, title, by: "node", script: `servers/${name}.mjs`, ...more });
const npm = (name, title = name) => ({ name, title, by: "npm", script: `servers/${name}.mjs`, isSlow: true });

export const sluice = { name: "sluice", title: "Sluice", by: "sluice", script: "servers/sluice.mjs" };
export const netUnframed = node("net-unframed", "net, no frames");
export const netConcat = node("net-concat", "net, concat and cork");
export const netSlab = node("net-slab", "net, slab by an expert");
export const netTls = node("net-tls", "node:tls, concat and cork");
export const transformChain = node("transform-chain", "Transform chain", { isSlow: true });
export const webStreams = node("web-streams", "Web Streams", { isSlow: true });
export const frameStream = npm("frame-stream");
export const itLengthPrefixed = npm("it-length-prefixed");
export const nettyNio = { name: "netty-nio", title: "Netty, NIO", by: "netty", transport: "nio" };
export const nettyEpoll = { name: "netty-epoll", title: "Netty, epoll", by: "netty", transport: "epoll" };
export const epollEcho = { name: "epoll", title: "C, epoll, no frames", by: "c" };
