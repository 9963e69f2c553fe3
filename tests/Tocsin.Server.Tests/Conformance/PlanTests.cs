using System.Text.RegularExpressions;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Reports;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>No statement of the embedded store reads a whole workspace to find a few rows.</summary>
public sealed partial class PlanTests
{
    // Meant to read all that is muted.
    private static readonly string[] _readsAll = ["DISTINCT workspace_id FROM alert"];

    [Fact]
    public async Task Every_statement_finds_its_rows_by_an_index()
    {
        await using var bench = await EngineBench.OpenAsync(Engine.Sqlite);
        await bench.ReceiveAsync(Firing("db"));
        await bench.ReceiveAsync(Firing("db"), Firing("disk"));
        await bench.WorkAsync();
        await bench.Parts.Incident.AcknowledgeAsync(1, 1, "ana", default);
        await bench.ReceiveAsync(Ended("db"));
        await bench.WorkAsync();
        await bench.Parts.Incident.ResolveAsync(1, 1, "ana", default);
        await bench.WriteAsync(tx => bench.Parts.Intake.ExpireAsync(tx, bench.Estate, [1], bench.Clock.Now));
        await ReadAsync(bench);

        var once = Enumerable.Range(1, Schema.Version).SelectMany(version => Schema.Migration(version, Dialect.Sqlite)).ToHashSet(StringComparer.Ordinal);
        var statements = ((SqliteDatabase)bench.Database).Statements.Where(s => !once.Contains(s) && PlannedStart().IsMatch(s) && !s.Contains("sqlite_", StringComparison.Ordinal) && !s.Contains("{rows}", StringComparison.Ordinal)).ToArray();
        Assert.True(statements.Length > 30, $"Only {statements.Length} statements were seen.");
        List<string> slow = [];
        foreach (var statement in statements)
        {
            var bare = Argument().Replace(statement, "?");
            var plan = await bench.ReadAsync(session => session.QueryAsync($"EXPLAIN QUERY PLAN {bare}", static row => row.GetString(3)));
            if (plan.Exists(step => ReadsAll().IsMatch(step)) && !Array.Exists(_readsAll, s => statement.Contains(s, StringComparison.Ordinal)))
            {
                slow.Add($"{statement}\n    {string.Join("\n    ", plan)}");
            }
        }

        Assert.True(slow.Count == 0, string.Join("\n\n", slow));
    }

    /// <summary>The lists and searches of pages and API.</summary>
    private static async Task ReadAsync(EngineBench bench)
    {
        var (parts, deliveries) = (bench.Parts, new DeliveryStore());
        await bench.ReadAsync(async session =>
        {
            await parts.Alerts.ListAsync(session, 1, AlertStatus.Firing, 100, 10);
            await parts.Alerts.FiringAfterAsync(session, 1, 0, 10);
            await parts.Alerts.OfIncidentAsync(session, 1, 1, 10);
            await parts.Alerts.ExpiredAsync(session, bench.Clock.Now, 10);
            await parts.Incidents.ListAsync(session, 1, open: true, null, 100, 10);
            await parts.Incidents.ListAsync(session, 1, open: false, IncidentStatus.Resolved, 100, 10);
            await parts.Incidents.CountTriggeredAsync(session, 1);
            await parts.Incidents.OfAlertAsync(session, 1, 1);
            await parts.Pages.ListAsync(session, 1, 0, PageStatus.Sent, 100, 10);
            await parts.Pages.OfIncidentAsync(session, 1, 1);
            await parts.Log.NewestAsync(session, 1, null, 100, 10);
            await parts.Log.NewestAsync(session, 1, "incident/1", 100, 10);
            await parts.Log.AfterAsync(session, 1, 5, 10);
            await parts.Log.LastAsync(session, 1);
            await parts.Jobs.DeadAsync(session, 1);
            await deliveries.ListAsync(session, 1, "prom", null, 100, 10);
            await deliveries.FindAsync(session, 1, 1);
            var (reports, from, to) = (new ReportStore(), bench.Clock.Now.AddDays(-1), bench.Clock.Now);
            await reports.OldestAsync(session, 1);
            await reports.IncidentsAsync(session, 1, from, to, 10);
            await reports.IncidentsAsync(session, 1, [1, 2]);
            await reports.ActsAsync(session, 1, from, to, 10);
            await reports.MessagesAsync(session, 1, from, to, 10);
            await reports.LinksAsync(session, 1, 1, 2, 10);
            await reports.NamesAsync(session, 1, [1, 2]);
            return await new SourceStore().ListAsync(session, 1);
        });
        await bench.WriteAsync(tx => deliveries.TrimAsync(tx, 1, "prom"));
    }

    [GeneratedRegex(@"^\s*(SELECT|WITH|UPDATE|DELETE|INSERT)")]
    private static partial Regex PlannedStart();

    [GeneratedRegex(@"@\w+")]
    private static partial Regex Argument();

    [GeneratedRegex(@"^SCAN (a|k|j|p|i|d|alert|incident|incident_alert|event|page|delivery|job)\b|^SEARCH \w+ USING [A-Z ]*(KEY|INDEX)( (?!job_dead|alert_firing|incident_open)\w+)? \(workspace_id=\?\)$")]
    private static partial Regex ReadsAll();
}
