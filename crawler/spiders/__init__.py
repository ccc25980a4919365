"""One file per platform; Scrapy's loader finds them, and nothing else registers them."""
