"""The sandbox: local stand-ins for providers, speaking the real wire formats over TLS, with faults on demand.

It is the judge of the box, so it shares no code with `daemon.gateways`: a mistake made twice must not look right. What a
provider or payer does with an order is data (`scenario`, `cases`), what became of the money is kept in one place
(`ledger`), and each provider is one module that plugs into `server`.
"""
