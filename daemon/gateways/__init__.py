"""Gateways: one small module a provider, all of one shape (`base.Gateway`)."""
