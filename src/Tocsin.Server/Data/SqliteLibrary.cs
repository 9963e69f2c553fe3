using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Tocsin.Data;

/// <summary>Chooses the SQLite to use: the system's when it is newer than the bundled 3.35, else the bundled one.</summary>
internal static class SqliteLibrary
{
    private static readonly Lazy<bool> _loaded = new(Load);

    public static void EnsureLoaded() => _ = _loaded.Value;

    private static bool Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        NativeLibrary.SetDllImportResolver(typeof(SqliteLibrary).Assembly, Resolve);
        Batteries_V2.Init();

        // Counting every allocation takes a lock each time, and nobody reads the sum.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);

        // Each connection is used by one thread at a time, so SQLite need not lock for every call.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        return true;
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name == "e_sqlite3" && NativeLibrary.TryLoad("libsqlite3.so.0", out var system))
        {
            if (NativeLibrary.TryGetExport(system, "sqlite3_libversion_number", out var export) && VersionNumber(export) >= 3_036_000)
            {
                return system;
            }

            NativeLibrary.Free(system);
        }

        return IntPtr.Zero;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int VersionNumber(IntPtr export) => Marshal.GetDelegateForFunctionPointer<LibVersionNumber>(export)();

    private delegate int LibVersionNumber();
}
