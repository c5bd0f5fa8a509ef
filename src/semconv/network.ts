// Both ends of a connection: https://opentelemetry.io/docs/specs/semconv/general/attributes/
export const SERVER_ADDRESS = "server.address";
export const SERVER_PORT = "server.port";
export const CLIENT_ADDRESS = "client.address";
export const CLIENT_PORT = "client.port";
export const NETWORK_PEER_ADDRESS = "network.peer.address";
export const NETWORK_PEER_PORT = "network.peer.port";
export const NETWORK_PROTOCOL_NAME = "network.protocol.name";
export const NETWORK_PROTOCOL_VERSION = "network.protocol.version";
