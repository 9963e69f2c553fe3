using Tocsin.Alerts;

namespace Tocsin.Routing;

internal enum MuteKind
{
    Silence,
    Maintenance,
    Inhibition,
}

/// <summary>What keeps an alert from paging anybody.</summary>
/// <param name="Name">The silence's id, or the name of the window or rule.</param>
/// <param name="Until">When that ends by itself, UTC; null: with another alert.</param>
/// <param name="Why">The comment; the title of the alert that mutes.</param>
/// <param name="By">The alert that mutes; null: none.</param>
internal sealed record Mute(MuteKind Kind, string Name, DateTimeOffset? Until, string Why, AlertRow? By = null)
{
    /// <summary>As it is stored with the alert.</summary>
    public string Key => Kind == MuteKind.Inhibition ? $"inhibition {Name} {By?.Id}" : $"{Word} {Name}";

    /// <summary>Who snoozes an incident that is quiet for this.</summary>
    public string Author => Kind switch
    {
        MuteKind.Inhibition => Incidents.IncidentState.ByInhibition(Name, Why),
        MuteKind.Maintenance => Incidents.IncidentState.BySilence(SilenceKind.Maintenance, Name),
        _ => Incidents.IncidentState.BySilence(SilenceKind.Silence, Name),
    };

    /// <summary>Completes "is muted by".</summary>
    public string Sentence => Kind switch
    {
        MuteKind.Inhibition => $"rule {Name}, since {Why} fires",
        MuteKind.Maintenance => $"maintenance {Name}: {Why}",
        _ => $"silence {Name}: {Why}",
    };

    private string Word => Kind.ToString().ToLowerInvariant();

    public static Mute Of(Silence silence, DateTimeOffset now) => new(
        silence.Kind == SilenceKind.Maintenance ? MuteKind.Maintenance : MuteKind.Silence, silence.Id, SilenceSet.NowOrNext(silence, now)?.To ?? silence.EndsAt, silence.Comment);

    /// <summary>The kind and name that were stored; null when none was, or it is of a form that is no longer written.</summary>
    public static (MuteKind Kind, string Name)? Read(string? key) =>
        key?.Split(' ') is [var word, { Length: > 0 } name, ..] && Enum.TryParse<MuteKind>(word, ignoreCase: true, out var kind) ? (kind, name) : null;
}
