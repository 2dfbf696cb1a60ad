"""Soft prompts: a message of ours that explains first, and spends nothing when it is waved away.

`rules` says who sees one, `sessions` hands them to phones, `events` takes what phones tell,
`rollups` and `stats` count, `budget` says beforehand what would happen.
"""
