using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>What a workspace has spent of what it may.</summary>
/// <param name="CallsThisHour">In this hour of the clock.</param>
/// <param name="TokensToday">In this day (UTC), asked and answered.</param>
internal sealed record ModelSpending(long CallsThisHour, int CallsPerHour, long TokensToday, int TokensPerDay);

/// <summary>One call that was paid for in advance.</summary>
internal readonly record struct ModelCharge(long Workspace, long Hour, long Tokens);

/// <summary>
/// Keeps each workspace to its calls an hour and tokens a day, over all nodes and restarts. A call is paid before it is made, with what it may cost at most;
/// what it did cost is put right afterwards, and a node that dies in between has spent too much rather than too little.
/// </summary>
internal sealed class ModelBudget(Database database, IOptions<AiOptions> options, TimeProvider clock)
{
    private const long HoursKept = 24 * 31;

    /// <param name="tokens">What the call may cost at most.</param>
    /// <returns>An error when nothing is left.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was paid; no call is made.</exception>
    public Task<Result<ModelCharge>> PayAsync(long workspace, long tokens, CancellationToken ct) => database.WriteAsync<Result<ModelCharge>>(
        async tx =>
        {
            await tx.LockWorkspaceAsync(workspace);
            var hour = Hour(clock.GetUtcNow());
            var spent = await ReadAsync(tx, workspace);
            if (spent.CallsThisHour >= spent.CallsPerHour)
            {
                return Error.TooMany("model.budget", $"The model was called {spent.CallsThisHour} times in this hour, which is all that Ai:CallsPerHour allows. The rules go on without it.");
            }

            if (spent.TokensToday + tokens > spent.TokensPerDay)
            {
                return Error.TooMany("model.budget", $"The model has used {spent.TokensToday} tokens today (UTC), and one more call could pass the {spent.TokensPerDay} of Ai:TokensPerDay. The rules go on without it.");
            }

            await tx.ExecuteAsync("DELETE FROM model_spending WHERE workspace_id = @workspace AND hour < @old", ("workspace", workspace), ("old", hour - HoursKept));
            await tx.ExecuteAsync(
                """
                INSERT INTO model_spending (workspace_id, hour, calls, tokens) VALUES (@workspace, @hour, 1, @tokens)
                ON CONFLICT (workspace_id, hour) DO UPDATE SET calls = model_spending.calls + 1, tokens = model_spending.tokens + excluded.tokens
                """,
                ("workspace", workspace), ("hour", hour), ("tokens", tokens));
            return new ModelCharge(workspace, hour, tokens);
        },
        ct);

    /// <summary>Puts right what a call did cost.</summary>
    public Task SettleAsync(ModelCharge charge, long tokens, CancellationToken ct) => database.WriteAsync(
        tx => tx.ExecuteAsync(
            "UPDATE model_spending SET tokens = tokens + @more WHERE workspace_id = @workspace AND hour = @hour",
            ("more", tokens - charge.Tokens), ("workspace", charge.Workspace), ("hour", charge.Hour)),
        ct);

    public async Task<ModelSpending> ReadAsync(Session session, long workspace)
    {
        var hour = Hour(clock.GetUtcNow());
        var rows = await session.QueryAsync(
            "SELECT hour, calls, tokens FROM model_spending WHERE workspace_id = @workspace AND hour >= @day",
            static row => (Hour: row.GetInt64(0), Calls: row.GetInt64(1), Tokens: row.GetInt64(2)), ("workspace", workspace), ("day", hour - (hour % 24)));
        return new(rows.Where(r => r.Hour == hour).Sum(r => r.Calls), options.Value.CallsPerHour, rows.Sum(r => r.Tokens), options.Value.TokensPerDay);
    }

    private static long Hour(DateTimeOffset at) => at.ToUnixTimeSeconds() / 3600;
}
