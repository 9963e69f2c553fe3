namespace Tocsin.Backup;

/// <summary>What <c>backup --json</c> prints.</summary>
/// <param name="File">The whole path.</param>
internal sealed record BackupDone(string File, long Bytes, DateTimeOffset MadeAt);

/// <summary>What <c>restore --json</c> prints.</summary>
/// <param name="MadeAt">When the backup was made.</param>
/// <param name="Tocsin">The version that made it.</param>
/// <param name="HeldIncidents">Open incidents that page nobody again until somebody says so.</param>
internal sealed record RestoreDone(DateTimeOffset MadeAt, string Tocsin, int HeldIncidents);
