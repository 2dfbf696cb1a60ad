"""One module per kind of thing that the API shows."""
