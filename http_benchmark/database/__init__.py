"""What is inside the rows of a database; `storage`, the room above, opens the transactions."""
