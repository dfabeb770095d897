// SPDX-License-Identifier: Apache-2.0
import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.util.Scanner;

/** Offsets and sizes in docs/how-to/java.md, for lines of "struct field" and "struct". */
final class Layout {
  public static void main(String[] arguments) {
    var lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      String[] words = lines.nextLine().split(" ");
      var struct = LibRobocache.TYPES.get(words[0]);
      System.out.println(
          words.length == 1 ? struct.byteSize() : struct.byteOffset(groupElement(words[1])));
    }
  }
}
