"""A draft of a campaign may have no goal yet"""

from bot.store.migrations.rebuilding import widened

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    goal = "goal_minor > 0 OR (goal_minor = 0 AND state = 'draft')"
    widened("campaigns", "goal_minor > 0", goal, check="goal", to=goal)
