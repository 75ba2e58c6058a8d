"""What people look at in a browser: pages that need no script, and the comparison as one file."""
