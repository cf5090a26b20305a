"""One notification for each message received, and the page that lists them."""
