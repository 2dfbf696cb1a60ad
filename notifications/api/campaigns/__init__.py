"""The console's verbs for back ends: drafts, dry runs, the typed phrase, and what is under way."""
