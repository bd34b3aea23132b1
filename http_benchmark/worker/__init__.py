"""The process that measures one client, and the controller's handle on it."""
