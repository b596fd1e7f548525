"""Our bot beside floors: what the same walk costs on bare libraries, in the same run, on the same wire."""
