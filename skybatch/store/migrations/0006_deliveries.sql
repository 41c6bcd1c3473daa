-- Messages to webhooks by what became of them, and by their batch, newest first.

CREATE INDEX deliveries_by_state ON deliveries (state, seq);
DROP INDEX deliveries_of_batch;
CREATE INDEX deliveries_of_batch ON deliveries (batch_id, seq);
