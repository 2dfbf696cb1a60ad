"""Times on clocks somewhere, without a database: one meaning for every wall time, rules that
repeat, and the turn of each zone."""
