"""Settings, one module per card."""
