"""Where people and machines reach the engine."""
