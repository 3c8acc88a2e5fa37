"""What `astro-nav view` shows in a browser: messages to a page's parts, the page, and the server that serves it. Knows no ROS."""
