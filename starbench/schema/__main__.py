"""``python -m starbench.schema > results/schema.json``: the JSON Schema of a leaderboard entry."""

import json
import sys

from starbench.schema.entry import LeaderboardEntry

if __name__ == "__main__":
    schema = LeaderboardEntry.model_json_schema(mode="serialization")
    sys.stdout.write(json.dumps(schema, indent=1) + "\n")
