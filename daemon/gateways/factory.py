"""From `kind` to gateway: the one place that knows them all, and imports only the one that is wanted."""

from __future__ import annotations

from daemon.gateways.base import Gateway
from daemon.gateways.settings import (
    CbtisSettings,
    ConnectSettings,
    GatewaySettings,
    MerchantSettings,
    Place,
    SimulatedSettings,
    Smart2paySettings,
    WechatSettings,
)
from daemon.timing import Schedule


def build(settings: GatewaySettings, place: Place, schedule: Schedule) -> Gateway:
    """The gateway of these settings; it opens no connection and reads no file yet."""
    match settings:
        case WechatSettings():
            from daemon.gateways.wechat import WechatGateway

            return WechatGateway(settings, place, schedule)
        case MerchantSettings():
            from daemon.gateways.merchant import MerchantGateway

            return MerchantGateway(settings, place, schedule)
        case SimulatedSettings():
            from daemon.gateways.simulated import SimulatedGateway

            return SimulatedGateway(settings, schedule)
        case Smart2paySettings():
            from daemon.gateways.smart2pay import Smart2payGateway

            return Smart2payGateway(settings, place, schedule)
        case CbtisSettings():
            from daemon.gateways.cbtis import CbtisGateway

            return CbtisGateway(settings, place, schedule)
        case ConnectSettings():
            from daemon.gateways.connect import ConnectGateway

            return ConnectGateway(settings, place, schedule)
