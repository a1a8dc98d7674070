"""Logging by HTTP: a call comes in, what the front desk says of it goes out. Loaded only where `web` is configured."""
