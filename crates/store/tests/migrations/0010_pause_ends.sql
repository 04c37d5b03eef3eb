UPDATE pauses SET end_told_at = 190 WHERE id = 1;
