namespace Tocsin.Demo.Fakes;

/// <summary>An issue as the fake keeps it.</summary>
internal sealed class FakeIssue(string repository, int number, string title, string body)
{
    public string Repository => repository;

    public int Number => number;

    public string Title => title;

    public string Body => body;

    public bool IsOpen { get; set; } = true;

    public List<string> Labels { get; } = [];

    public List<string> Comments { get; } = [];

    public List<DateTimeOffset> CommentedAt { get; } = [];

    public DateTimeOffset ChangedAt { get; set; }

    public DateTimeOffset? ClosedAt { get; set; }

    public string? ClosedBy { get; set; }
}

/// <summary>A repository as the fake keeps it, and what may be done there.</summary>
internal sealed class FakeRepository
{
    public List<FakeIssue> Issues { get; } = [];

    public HashSet<string> Labels { get; } = new(StringComparer.OrdinalIgnoreCase);

    public HashSet<int> Deleted { get; } = [];

    /// <summary>Issues of before this fake began are made up when they are asked for: whoever asks may be older than it.</summary>
    public bool MadeUp { get; set; }

    public bool IsSeen { get; set; } = true;

    public bool IsInstalled { get; set; } = true;

    public bool MayWrite { get; set; } = true;

    public bool HasIssues { get; set; } = true;
}
