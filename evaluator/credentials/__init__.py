"""Is a presented credential real? Pure judgement: every document, key and time is handed in by the caller."""
