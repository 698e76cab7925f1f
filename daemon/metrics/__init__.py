"""What one box says of itself to Prometheus, `GET /metrics` (docs/operations.md)."""
