"""The running process: wiring, the API's methods, monitors and their workers."""
