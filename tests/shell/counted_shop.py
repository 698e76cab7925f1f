"""A box before which a till stands: `Shop` with a desk, and what a till asks of it."""

from shop import FIVE, Shop

from daemon.desk import BoxDesk, Counter
from daemon.health import Board, Link
from daemon.keeper import Keeper
from daemon.payment import Ref
from daemon.presenter import Face, Presenter
from daemon.texts import Language
from daemon.tills.base import Request
from hw.interfaces import Condition, Health
from hw.simulated import NoDisplay, SimulatedBuzzer, SimulatedLights


def a_request(ref="A-1", **more):
    return Request(Ref(ref), more.pop("till", "counter"), more.pop("amount", FIVE), **more)


class Counted(Shop):
    """A shop with a counter: desk, keeper, board, and a presenter without a panel."""

    def __init__(self, directory, *, sell_while_in_doubt=False, show=None, priorities=None, unattended=frozenset(), **more):
        super().__init__(directory, **more)
        self.board = Board()
        self.board.link("trial", Link())
        self.board.device("scanner", Health(Condition.OK))
        self.keeper = Keeper(self.journal, self.runner, self.board, keep_days=90, wall=lambda: None)
        face = Face(NoDisplay(), SimulatedLights(), SimulatedBuzzer(), has_panel=False)
        self.presenter = Presenter(
            face, self.board, {}, store_name="Shop", language=Language.EN, ready=lambda: not self.desk.not_ready(),
            in_doubt=lambda: self.board.doubts, at=self.runner.at, unattended=unattended,
        )  # fmt: skip
        self.runner.listeners.append(self.presenter.on_change)
        if show:
            self.board.device("display", Health(Condition.OK))
        priorities = priorities or dict.fromkeys(unattended, 0)
        counter = Counter({"wechat": "trial"}, show or {}, sell_while_in_doubt, self.number, priorities, unattended)
        self.desk = BoxDesk(self.runner, self.journal, self.board, self.presenter, counter, self.keeper.look)

    async def __aenter__(self):
        await self.keeper.look()
        self.presenter.run()
        return self

    async def __aexit__(self, *_):
        self.desk.close()
        await self.presenter.stop()
        self.unlock()
        await self.runner.stop()
        await self.keeper.stop()
