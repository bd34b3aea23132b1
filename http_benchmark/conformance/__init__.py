"""Does a client do the work that it claims? Questions to each adapter, with the origin's journal as the witness."""
