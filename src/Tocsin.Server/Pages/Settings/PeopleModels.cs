namespace Tocsin.Pages;

public sealed record ChannelsModel(IReadOnlyList<ChannelLine> Channels);

/// <param name="Settings">Names and values as they may be shown: secrets say only that they are set.</param>
/// <param name="Answer">What the provider answered to the last test; null: not tested here.</param>
public sealed record ChannelLine(string Name, string Type, IReadOnlyList<SettingLine> Settings, TestAnswer? Answer)
{
    /// <summary>What the app there must be told by hand so that answers arrive; null: nothing.</summary>
    public string? ReplyUrl { get; init; }
}

public sealed record SettingLine(string Name, string Value, bool Secret);

/// <param name="Ok">The provider took it.</param>
/// <param name="Text">The provider's own words.</param>
public sealed record TestAnswer(bool Ok, string Text, DateTimeOffset At);

/// <param name="TestDay">From which day of the month on contact methods are tested; 0: they are not.</param>
public sealed record UsersModel(IReadOnlyList<UserLine> Users, int TestDay);

public sealed record TeamsModel(IReadOnlyList<TeamLine> Teams);

/// <param name="OnCall">Its schedules, and who is on call in each now; no users: nobody.</param>
public sealed record TeamLine(
    string Name, IReadOnlyList<string> Members, IReadOnlyList<(string Schedule, IReadOnlyList<string> Users)> OnCall, IReadOnlyList<string> Services);

/// <param name="Teams">Names.</param>
/// <param name="Warning">Why this person could not be woken; null: could be.</param>
public sealed record UserLine(
    string Name, string? FullName, string Role, string? Email, string? TimeZone, bool Disabled, IReadOnlyList<string> Teams,
    IReadOnlyList<ContactLine> Contact, string? Warning);

/// <param name="Answer">What the provider answered to the last test; null: none was sent.</param>
/// <param name="State">never, stale or good.</param>
/// <param name="Says">Such as <c>worked on 3 Nov 2026 (test)</c>.</param>
/// <param name="Waits">A test was sent lately and not answered.</param>
public sealed record ContactLine(string Name, string Type, string Target, TestAnswer? Answer, string State, string Says, bool Waits);

public sealed record MeModel
{
    public required UserLine Me { get; init; }

    /// <summary>How the reader is reached; null: they are no person of the estate.</summary>
    public Sdk.NotifyView? Notify { get; init; }

    /// <summary>From which day of the month on contact methods are tested; 0: they are not.</summary>
    public int TestDay { get; init; }

    /// <summary>What the person sends a Telegram bot to link the chat; null: they have no contact method for it.</summary>
    public string? TelegramCode { get; init; }

    /// <summary>Null: it is no person who looks.</summary>
    public FactorsModel? Factors { get; init; }

    public IReadOnlyList<ShiftLine> Shifts { get; init; } = [];

    public IReadOnlyList<AwayLine> Away { get; init; } = [];

    /// <summary>Null: who looks is no user of the estate.</summary>
    public CalendarLine? Calendar { get; init; }

    /// <summary>Null: who looks has no account, but a key.</summary>
    public SecurityModel? Security { get; init; }
}

/// <param name="To">Null: no end within a year.</param>
public sealed record ShiftLine(string Schedule, DateTimeOffset From, DateTimeOffset? To);
