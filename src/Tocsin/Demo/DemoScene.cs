namespace Tocsin.Demo;

/// <summary>One alert of the story.</summary>
/// <param name="Source">prometheus, grafana or scripts.</param>
/// <param name="Instance">Tells alerts of one name apart.</param>
internal sealed record DemoAlert(string Source, string Name, string Title, string Severity, string Service, string Instance = "")
{
    public string Description { get; init; } = "";
}

/// <summary>Something that went wrong in the week before the demo, and what people did about it.</summary>
internal sealed record DemoScene
{
    /// <summary>How long before the demo began the first alert fired.</summary>
    public required TimeSpan Ago { get; init; }

    public required IReadOnlyList<DemoAlert> Alerts { get; init; }

    /// <summary>How long each alert comes after the one before it.</summary>
    public TimeSpan Apart { get; init; } = TimeSpan.Zero;

    /// <summary>What happens after the first alert, each at its time; in order.</summary>
    public IReadOnlyList<DemoAct> Acts { get; init; } = [];
}

/// <summary>What somebody, or the alerts' source, does at a time after the scene began.</summary>
internal abstract record DemoAct(TimeSpan After)
{
    /// <summary>Whoever is paged then takes it.</summary>
    internal sealed record Acknowledge(TimeSpan After) : DemoAct(After);

    /// <summary>Who has it writes a note.</summary>
    internal sealed record Note(TimeSpan After, string Text) : DemoAct(After);

    internal sealed record Escalate(TimeSpan After) : DemoAct(After);

    internal sealed record Snooze(TimeSpan After, TimeSpan Span) : DemoAct(After);

    /// <summary>Who has it says that it is over, though its alerts still fire.</summary>
    internal sealed record Resolve(TimeSpan After) : DemoAct(After);

    /// <summary>The source says that its alerts are over.</summary>
    internal sealed record End(TimeSpan After) : DemoAct(After);

    /// <summary>The same alerts fire again.</summary>
    internal sealed record Return(TimeSpan After) : DemoAct(After);

    /// <summary>Somebody mutes the scene's service for a planned job.</summary>
    internal sealed record Silence(TimeSpan After, TimeSpan Span, string Comment) : DemoAct(After);
}
