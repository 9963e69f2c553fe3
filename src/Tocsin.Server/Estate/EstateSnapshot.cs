using System.Collections.Frozen;
using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>One workspace's configuration, compiled for use. Immutable; decisions of one transaction all use one snapshot.</summary>
/// <param name="Silences">Silences and maintenance windows: those of the estate and those that people made.</param>
internal sealed record EstateSnapshot(
    long Workspace, EstateModel Model, Router Router, SilenceSet Silences, FrozenDictionary<string, CompiledSchedule> Schedules, Responders Responders)
{
    /// <summary>Compiles a valid model.</summary>
    /// <param name="silences">Those that people made; they join the model's own.</param>
    /// <param name="entered">Covers and time off that people entered; null: none.</param>
    /// <exception cref="ArgumentException">The model was not validated: its routing tree does not compile.</exception>
    public static EstateSnapshot Of(long workspace, EstateModel model, IReadOnlyList<Silence> silences, EnteredBook? entered = null)
    {
        var router = Router.Compile(model.Route, model.Services);
        entered ??= EnteredBook.Empty;
        var schedules = model.Schedules.ToFrozenDictionary(s => s.Key, s => OnCallCalendar.Compile(s.Value, entered.EntriesOf(s.Key)), StringComparer.Ordinal);
        return new(
            workspace, model, router.Ok ? router.Value : throw new ArgumentException(router.Error.Detail, nameof(model)),
            SilenceSet.Compile([.. model.Silences, .. model.Maintenance, .. silences]), schedules,
            new(model, (name, at) => schedules.TryGetValue(name, out var schedule) ? schedule.At(at) : null))
        {
            Entered = entered,
        };
    }

    /// <summary>What people entered at run time; it lies on <see cref="Schedules"/> already.</summary>
    public EnteredBook Entered { get; init; } = EnteredBook.Empty;

    public InhibitionSet Inhibitions { get; } = InhibitionSet.Compile(Model.Inhibitions);

    public Telemetry.DetectorBook Detectors { get; } = new(Model.Detectors);

    /// <summary>Whether any of its alerts can be muted by another one, or be muted at all.</summary>
    public bool MayMute => Silences.Count > 0 || !Inhibitions.IsEmpty;

    /// <summary>Whether the estate declares a silence or maintenance window, so that it changes only there.</summary>
    public bool Declares(string silence) => Model.Silences.Concat(Model.Maintenance).Any(s => s.Id == silence);

    /// <summary>The silence or maintenance window that mutes an alert; null: none. An alert also belongs to the services that its routes give it.</summary>
    public Silence? SilenceOf(in RouteSubject subject, DateTimeOffset now)
    {
        if (Silences.FirstMatch(subject, now) is { } silence)
        {
            return silence;
        }

        if (!Silences.NameServices(now))
        {
            return null;
        }

        // Muted only if it is wherever it goes.
        Silence? first = null;
        foreach (var destination in Router.Decide(subject).Destinations)
        {
            if (destination.Service is null || Silences.FirstMatch(subject with { Service = destination.Service }, now) is not { } there)
            {
                return null;
            }

            first ??= there;
        }

        return first;
    }

    /// <summary>The policy of that name; one that pages nobody for "none" and for a name that is no longer there.</summary>
    public Policy Policy(string? name) => name is not null && Model.Policies.TryGetValue(name, out var policy)
        ? policy
        : new(name ?? Route.NoPolicy, [], 0);

    /// <summary>The source of that name, or one with defaults if it was removed while its alerts live on.</summary>
    public Source Source(string name) => Model.Sources.TryGetValue(name, out var source) ? source : new(name, "generic", "");

    public Severity SeverityOf(Signal signal, string source)
    {
        var from = Source(source);
        var stated = signal.Severity == Severity.Unset ? from.DefaultSeverity : signal.Severity;
        return from.HighPriorities is { } high && PriorityText.Read(signal.Labels[PriorityText.Label]) is { } priority
            ? high.Contains(priority, StringComparer.Ordinal) ? (Severity)Math.Max((int)stated, (int)Severity.High) : (Severity)Math.Min((int)stated, (int)Severity.Warning)
            : stated;
    }
}

/// <summary>Where compiled configuration comes from: the database in the product, a fixed one in the simulator.</summary>
internal interface IEstates
{
    /// <summary>The newest valid snapshot, at most 2 s old; null when there is no such workspace.</summary>
    ValueTask<EstateSnapshot?> FindAsync(long workspace, CancellationToken ct);

    /// <summary>Makes the next look at a workspace read it anew, after this node changed it.</summary>
    void Forget(long workspace);

    /// <summary>The source that a key belongs to, in whatever workspace; null when no source has it. Takes equal time for all keys.</summary>
    ValueTask<(EstateSnapshot Estate, Source Source)?> FindSourceAsync(string key, CancellationToken ct);
}
