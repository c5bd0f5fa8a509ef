// Both ends of a connection: https://opentelemetry.io/docs/specs/semconv/general/attributes/
export const SERVER_ADDRESS = "server.address";
export const SERVER_PORT = "server.port";
export const CLIENT_ADDRESS = "client.address";
export const CLIENT_PORT = "client.port";
export const NETWORK_PEER_ADDRESS = "network.peer.address";
export const NETWORK_PEER_PORT = "network.peer.port";
export const NETWORK_LOCAL_ADDRESS = "network.local.address";
export const NETWORK_LOCAL_PORT = "network.local.port";
export const NETWORK_PROTOCOL_NAME = "network.protocol.name";
export const NETWORK_PROTOCOL_VERSION = "network.protocol.version";
export const NETWORK_TRANSPORT = "network.transport";
export const NETWORK_TYPE = "network.type";
