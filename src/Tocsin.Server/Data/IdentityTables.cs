namespace Tocsin.Data;

/// <summary>Migrations of people and workspaces since members can be suspended; <see cref="Schema"/> says when each comes. A released one never changes.</summary>
internal static class IdentityTables
{
    public const string Suspension =
        """
        ALTER TABLE member ADD COLUMN suspended_at BIGINT;
        """;

    /// <summary>What a workspace asks of its own members.</summary>
    public const string SignInRules =
        """
        ALTER TABLE workspace ADD COLUMN second_factor TEXT NOT NULL DEFAULT 'none';
        ALTER TABLE workspace ADD COLUMN owners_invite BIGINT NOT NULL DEFAULT 0;
        """;
}
