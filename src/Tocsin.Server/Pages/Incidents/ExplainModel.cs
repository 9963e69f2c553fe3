using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>Either what was recorded for one incident, or the form that asks what would happen and its answer.</summary>
public sealed record ExplainModel
{
    /// <summary>Null: the what-if form.</summary>
    public Incident? Incident { get; init; }

    public IReadOnlyList<PageView> Pages { get; init; } = [];

    /// <summary>The recorded lines of what was decided and by whom; notes are left out.</summary>
    public IReadOnlyList<EventView> Decisions { get; init; } = [];

    /// <summary>As typed: labels, or a payload as a source receives it.</summary>
    public string? Labels { get; init; }

    /// <summary>The source that would receive the payload.</summary>
    public string? Source { get; init; }

    /// <summary>The sources that can be chosen.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Whom the question "why not?" is about; null: nobody.</summary>
    public string? User { get; init; }

    /// <summary>Who can be asked about.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Why <see cref="User"/> was not paged for <see cref="Incident"/>.</summary>
    public IReadOnlyList<Absence> Absences { get; init; } = [];

    /// <summary>As typed, in the reader's zone: <c>2026-11-23T03:00</c>.</summary>
    public string? At { get; init; }

    public string? Fault { get; init; }

    public Explanation? Explanation { get; init; }

    /// <summary>The instant that the steps count from; null: none is known.</summary>
    public DateTimeOffset? Started { get; init; }
}
