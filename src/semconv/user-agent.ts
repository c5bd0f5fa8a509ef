// User agents: https://opentelemetry.io/docs/specs/semconv/registry/attributes/user-agent/
export const USER_AGENT_ORIGINAL = "user_agent.original";
