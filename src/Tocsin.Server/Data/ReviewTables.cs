namespace Tocsin.Data;

/// <summary>Migrations of the model's reviews, in a file of their own only because the list is long.</summary>
internal static class ReviewTables
{
    /// <summary>What the model found, whose turn it is to ask it, and what it cost.</summary>
    public const string Reviews =
        """
        CREATE TABLE model_review (
            id {id},
            workspace_id BIGINT NOT NULL,
            service TEXT NOT NULL,
            at BIGINT NOT NULL,
            asked_by TEXT NOT NULL,
            model TEXT NOT NULL,
            incident BIGINT,
            ended_at BIGINT,
            verdict TEXT NOT NULL
            {pk});
        CREATE INDEX model_review_incident ON model_review (workspace_id, incident, id) WHERE incident IS NOT NULL;
        CREATE INDEX model_review_open ON model_review (workspace_id, service) WHERE ended_at IS NULL;
        CREATE INDEX model_review_at ON model_review (workspace_id, at);

        CREATE TABLE model_turn (
            workspace_id BIGINT NOT NULL,
            next_at BIGINT NOT NULL,
            reviewed_at BIGINT,
            outcome TEXT,
            PRIMARY KEY (workspace_id)){clustered};

        CREATE TABLE model_spending (
            workspace_id BIGINT NOT NULL,
            hour BIGINT NOT NULL,
            calls BIGINT NOT NULL,
            tokens BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, hour)){clustered};
        """;
}
