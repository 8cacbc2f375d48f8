"""What people see of results, a file per view. Each returns text; nothing here prints or asks."""
