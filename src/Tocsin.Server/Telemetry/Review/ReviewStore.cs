using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>An anomaly that the model saw.</summary>
/// <param name="AskedBy"><c>system</c> of the regular look; else who asked, as in the log.</param>
/// <param name="Model">Which one, as <see cref="AiOptions.Name"/>.</param>
/// <param name="Incident">Where it became part of; null: no route made an incident of it.</param>
internal sealed record ReviewRow(long Id, string Service, DateTimeOffset At, string AskedBy, string Model, long? Incident, ModelVerdict Verdict);

/// <summary>How the regular look goes.</summary>
/// <param name="Outcome">Of the last one, as one sentence.</param>
internal sealed record ReviewState(DateTimeOffset? ReviewedAt, string? Outcome);

internal sealed class ReviewStore
{
    private const string Columns = "id, service, at, asked_by, model, incident, verdict";

    /// <summary>By so much the clocks of nodes may differ.</summary>
    private static readonly TimeSpan _skew = TimeSpan.FromMinutes(5);

    /// <summary>Takes the turn of a workspace if it is due, or further away than the next one can be: then a clock has been set back.</summary>
    /// <returns>False: it is not, or another node has just taken it.</returns>
    public async Task<bool> TakeTurnAsync(Tx tx, long workspace, DateTimeOffset now, DateTimeOffset next) => await tx.ExecuteAsync(
        """
        INSERT INTO model_turn (workspace_id, next_at) VALUES (@workspace, @next)
        ON CONFLICT (workspace_id) DO UPDATE SET next_at = excluded.next_at WHERE model_turn.next_at <= @now OR model_turn.next_at > @far
        """,
        ("workspace", workspace), ("next", next.ToMicros()), ("now", now.ToMicros()), ("far", (next + _skew).ToMicros())) > 0;

    public Task NoteAsync(Tx tx, long workspace, DateTimeOffset now, string outcome) => tx.ExecuteAsync(
        """
        INSERT INTO model_turn (workspace_id, next_at, reviewed_at, outcome) VALUES (@workspace, @now, @now, @outcome)
        ON CONFLICT (workspace_id) DO UPDATE SET reviewed_at = excluded.reviewed_at, outcome = excluded.outcome
        """,
        ("workspace", workspace), ("now", now.ToMicros()), ("outcome", outcome));

    public async Task<ReviewState> StateAsync(Session session, long workspace) => await session.FirstAsync(
        "SELECT reviewed_at, outcome FROM model_turn WHERE workspace_id = @workspace",
        static row => new ReviewState(row.NullableInstant(0), row.NullableString(1)), ("workspace", workspace)) ?? new(null, null);

    public Task AddAsync(Tx tx, long workspace, ReviewRow row) => tx.ExecuteAsync(
        """
        INSERT INTO model_review (workspace_id, service, at, asked_by, model, incident, verdict)
        VALUES (@workspace, @service, @at, @by, @model, @incident, @verdict)
        """,
        ("workspace", workspace), ("service", row.Service), ("at", row.At.ToMicros()), ("by", row.AskedBy), ("model", row.Model), ("incident", row.Incident),
        ("verdict", JsonSerializer.Serialize(row.Verdict, ReviewJson.Default.ModelVerdict)));

    /// <summary>What the model said about an incident, newest first.</summary>
    public Task<List<ReviewRow>> OfIncidentAsync(Session session, long workspace, long incident, int limit) => session.QueryAsync(
        $"SELECT {Columns} FROM model_review WHERE workspace_id = @workspace AND incident = @incident ORDER BY id DESC LIMIT @limit",
        Read, ("workspace", workspace), ("incident", incident), ("limit", limit));

    /// <summary>The newest of each incident from one number to another, both included.</summary>
    public async Task<Dictionary<long, ReviewRow>> NewestAsync(Session session, long workspace, long from, long to) => (await session.QueryAsync(
        $"SELECT {Columns} FROM model_review WHERE workspace_id = @workspace AND incident >= @from AND incident <= @to ORDER BY id",
        Read, ("workspace", workspace), ("from", from), ("to", to))).GroupBy(row => row.Incident!.Value).ToDictionary(g => g.Key, g => g.Last());

    /// <summary>Services of which the model saw an anomaly that is not called over yet, and none since an instant; each with when it first did.</summary>
    public Task<List<(string Service, DateTimeOffset FirstAt)>> OpenAsync(Session session, long workspace, DateTimeOffset since) => session.QueryAsync(
        "SELECT service, MIN(at) FROM model_review WHERE workspace_id = @workspace AND ended_at IS NULL GROUP BY service HAVING MAX(at) < @since",
        static row => (row.GetString(0), row.Instant(1)), ("workspace", workspace), ("since", since.ToMicros()));

    public Task EndAsync(Tx tx, long workspace, string service, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE model_review SET ended_at = @now WHERE workspace_id = @workspace AND service = @service AND ended_at IS NULL",
        ("now", now.ToMicros()), ("workspace", workspace), ("service", service));

    private static ReviewRow Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.Instant(2), row.GetString(3), row.GetString(4), row.NullableLong(5),
        JsonSerializer.Deserialize(row.GetString(6), ReviewJson.Default.ModelVerdict)!);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ModelVerdict))]
internal sealed partial class ReviewJson : JsonSerializerContext;
