"""The bundled target server: fast, in a process of its own, and the witness of what a client really did."""
