using Tocsin.Alerts;
using Tocsin.Data;

namespace Tocsin.Tests.Simulation;

/// <summary>What an alert's sender knows to be true, and what it was told is stored.</summary>
internal sealed class SenderAlert(string key, (string, string)[] labels)
{
    public string Key => key;

    public bool Fires { get; set; }

    /// <summary>Whether the last transition was answered: from then on, the store must agree with the sender.</summary>
    public bool Acknowledged { get; set; } = true;

    /// <summary>The sender fell silent: nothing about this alert is promised but that it ends.</summary>
    public bool Abandoned { get; set; }

    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Earlier deliveries, which may arrive once more at any time.</summary>
    public List<Signal> Sent { get; } = [];

    /// <summary>How often it began to fire; null for a sender whose alerts can expire in between.</summary>
    public int? Episodes { get; set; }

    public Signal Signal(SignalStatus status, Severity severity, DateTimeOffset began) => new()
    {
        DedupKey = key,
        Status = status,
        Title = $"{key} is down",
        Severity = severity,
        Labels = LabelSet.Of([("alertname", key), .. labels]),
        StartedAt = began,
    };
}

/// <summary>
/// Two kinds of senders. One tells each transition, in order, again and again until it is answered, and sometimes an old one once
/// more. The other, as Prometheus does, tells what fires now again every so often, with an expiry.
/// </summary>
internal sealed class Senders(World world, Cluster cluster, Scenario scenario)
{
    public const string Source = "prom";

    private int _running;

    public List<SenderAlert> Alerts { get; } = [];

    /// <summary>Whether all senders have said their last word.</summary>
    public bool AreDone => _running == 0;

    /// <summary>Called when a delivery was answered with success.</summary>
    public Action<SenderAlert, Signal>? Stored { get; set; }

    public void Begin()
    {
        for (var i = 0; i < scenario.Alerts.Count; i++)
        {
            var alert = new SenderAlert(scenario.Alerts[i].Key, scenario.Alerts[i].Labels);
            Alerts.Add(alert);
            var repeats = i % 3 == 2;
            _running++;
            world.Watch(world.Outside.RunAsync(async () =>
            {
                await (repeats ? RepeatAsync(alert) : TellAsync(alert));
                _running--;
            }), world.Outside);
        }

        if (scenario.Storm)
        {
            _running++;
            world.Watch(world.Outside.RunAsync(async () =>
            {
                await StormAsync();
                _running--;
            }), world.Outside);
        }
    }

    /// <summary>Much breaks at once, is told in batches by several senders at once, some of it many times over, and is mended at once.</summary>
    private async Task StormAsync()
    {
        await world.Outside.WaitAsync(world.Between(60, 600));
        var alerts = Enumerable.Range(0, world.Random.Next(30, 120))
            .Select(i => new SenderAlert($"storm{i}", [("cluster", $"s{world.Random.Next(12)}")]) { Fires = true, Acknowledged = false, ChangedAt = world.Now })
            .ToArray();
        Alerts.AddRange(alerts);
        var began = world.Now;
        await TellAllAsync(alerts, a => a.Signal(SignalStatus.Firing, Severity.Critical, began));
        await world.Outside.WaitAsync(world.Exponential(TimeSpan.FromSeconds(240)));
        foreach (var alert in alerts)
        {
            (alert.Fires, alert.Acknowledged, alert.ChangedAt) = (false, false, world.Now);
        }

        await TellAllAsync(alerts, a => a.Signal(SignalStatus.Resolved, Severity.Critical, began) with { EndedAt = alerts[0].ChangedAt });
    }

    private async Task TellAllAsync(SenderAlert[] alerts, Func<SenderAlert, Signal> signal)
    {
        List<Task> told = [.. alerts.Chunk(world.Random.Next(1, 40)).Select(chunk => TellBatchAsync(chunk, signal))];

        // The same thing from everywhere at once is one thing.
        told.AddRange(Enumerable.Range(0, 20).Select(_ => TellBatchAsync([alerts[0]], signal)));
        await Task.WhenAll(told);
        foreach (var alert in alerts)
        {
            alert.Acknowledged = true;
        }
    }

    private async Task TellBatchAsync(SenderAlert[] alerts, Func<SenderAlert, Signal> signal)
    {
        while (!await SendAllAsync(alerts, [.. alerts.Select(signal)]))
        {
            await world.Outside.WaitAsync(world.Between(1, 5));
        }
    }

    private async Task TellAsync(SenderAlert alert)
    {
        if (world.Chance(0.1))
        {
            // An end without a beginning is no error, and pages nobody.
            await ChangeAsync(alert, fires: false, alert.Signal(SignalStatus.Resolved, Severity.Warning, world.Now) with { EndedAt = world.Now });
            alert.Sent.Clear();
        }

        while (true)
        {
            await world.Outside.WaitAsync(world.Exponential(TimeSpan.FromSeconds(150)));
            if (cluster.IsCalm)
            {
                return;
            }

            var began = world.Now;
            alert.Episodes = (alert.Episodes ?? 0) + 1;
            var severity = world.Pick([Severity.Warning, Severity.High, Severity.Critical, Severity.Unset]);
            await ChangeAsync(alert, fires: true, alert.Signal(SignalStatus.Firing, severity, began));
            var lasts = world.Chance(0.2) ? world.Between(0.01, 1) : world.Exponential(TimeSpan.FromSeconds(240));
            await world.Outside.WaitAsync(lasts);
            if (cluster.IsCalm && world.Chance(0.3))
            {
                return;
            }

            await ChangeAsync(alert, fires: false, alert.Signal(SignalStatus.Resolved, severity, began) with { EndedAt = world.Now });
        }
    }

    private async Task ChangeAsync(SenderAlert alert, bool fires, Signal signal)
    {
        (alert.Fires, alert.Acknowledged, alert.ChangedAt) = (fires, false, world.Now);
        while (!await SendAsync(alert, signal))
        {
            await world.Outside.WaitAsync(world.Between(1, 5));
        }

        alert.Acknowledged = true;
        alert.Sent.Add(signal);
        while (world.Chance(0.2))
        {
            var old = world.Pick(alert.Sent);
            world.Say("sender", $"{alert.Key}: an old delivery arrives again");
            await SendAsync(alert, old);
        }
    }

    private async Task RepeatAsync(SenderAlert alert)
    {
        while (!cluster.IsCalm)
        {
            await world.Outside.WaitAsync(world.Exponential(TimeSpan.FromSeconds(150)));
            if (cluster.IsCalm)
            {
                return;
            }

            var (began, severity) = (world.Now, world.Pick([Severity.Warning, Severity.Critical]));
            var end = world.Now + world.Exponential(TimeSpan.FromSeconds(300));
            (alert.Fires, alert.Acknowledged, alert.ChangedAt) = (true, false, world.Now);
            while (world.Now < end)
            {
                // As Prometheus: four times the interval at which it sends again.
                alert.Acknowledged |= await SendAsync(alert, alert.Signal(SignalStatus.Firing, severity, began) with { ExpiresAt = world.Now.AddSeconds(120) });
                await world.Outside.WaitAsync(TimeSpan.FromSeconds(30));
            }

            if (world.Chance(0.4))
            {
                // It falls silent, and starts over as if nothing had been.
                world.Say("sender", $"{alert.Key}: the sender falls silent");
                alert.Abandoned = true;
                await world.Outside.WaitAsync(TimeSpan.FromSeconds(300));
                alert.Abandoned = false;
                (alert.Fires, alert.Acknowledged) = (false, true);
                continue;
            }

            await ChangeAsync(alert, fires: false, alert.Signal(SignalStatus.Resolved, severity, began) with { EndedAt = world.Now });
            alert.Sent.Clear();
        }
    }

    /// <returns>Whether it was answered with success within ten seconds.</returns>
    private Task<bool> SendAsync(SenderAlert alert, Signal signal) => SendAllAsync([alert], [signal]);

    private async Task<bool> SendAllAsync(SenderAlert[] alerts, Signal[] signals)
    {
        if (cluster.Any() is not { } node)
        {
            return false;
        }

        var what = $"{alerts[0].Key}{(alerts.Length > 1 ? $" and {alerts.Length - 1} more" : "")} {signals[0].Status}";
        world.Say("sender", $"{what} to {node.Name}");
        var sent = DeliverAsync(node, signals);
        await Task.WhenAny(sent, world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
        if (!sent.IsCompleted || !await sent)
        {
            world.Say("sender", $"{what} got no good answer");
            return false;
        }

        for (var i = 0; i < alerts.Length; i++)
        {
            Stored?.Invoke(alerts[i], signals[i]);
        }

        return true;
    }

    private static async Task<bool> DeliverAsync(SimulatedNode node, Signal[] signals)
    {
        try
        {
            return (await node.DeliverAsync(Source, signals)).Verdict is Verdict.Accepted or Verdict.Duplicate;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }
}
