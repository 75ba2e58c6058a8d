"""What the service keeps: documents, programs in versions, scorecards, comparisons, keys, jobs. No HTTP words here."""
