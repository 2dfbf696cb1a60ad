// Loaded before the SDK: connections to port 443 of Google's names go to the sandbox's TLS port.
// Names, certificates (NODE_EXTRA_CA_CERTS) and all of the SDK's code stay as they are.
const net = require("node:net");

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && /\.googleapis\.com$/.test(options.host || "")) {
    options.host = "127.0.0.1";
    options.port = Number(process.env.SANDBOX_TLS_PORT);
  }
  return connect.apply(this, args);
};
